/* variant: prefork
 * model:   prefork
 * why:     Forks 32 workers before the first client. Each waits in accept()
 *          for itself and serves one client at a time; the parent only
 *          replaces workers that end. Apache's prefork module is the
 *          well-known one.
 * source:  UNP 3rd ed. §30.6; prctl(2), PR_SET_PDEATHSIG
 */
#include "server.h"
#include <sys/prctl.h>

#define WORKERS 32

static _Noreturn void work(int listenfd)
{
    for (;;) {
        int connfd = accept_conn(listenfd);
        serve(connfd);
        close(connfd);
    }
}

/* The kernel ends a worker when the parent ends, in whatever way: otherwise
 * the workers would continue to serve, and keep the port. */
static pid_t make_worker(int listenfd)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        perror("fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(EXIT_FAILURE);
        work(listenfd);
    }
    return pid;
}

int main(int argc, char **argv)
{
    start();
    int listenfd = open_listener(port_argument(argc, argv));
    ready(listenfd);

    int workers = 0;
    for (;;) {
        while (workers < WORKERS && make_worker(listenfd) > 0)
            workers++;

        int options = 0;                /* sleep until a worker ends */
        if (workers < WORKERS) {        /* fork failed: try again soon */
            poll(NULL, 0, 100);
            options = WNOHANG;
        }
        while (waitpid(-1, NULL, options) > 0) {
            workers--;
            options = WNOHANG;
        }
    }
}
