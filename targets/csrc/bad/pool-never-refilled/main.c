/* defect:  pool-never-refilled
 * model:   prefork
 * of:      prefork
 * breaks:  descriptors/no-growth descriptors/low-limit
 * why:     Each worker ends after one client, and the parent makes no other in
 *          its place: with the last of them the service ends.
 * source:  UNP 3rd ed. §30.6; httpd manual, MaxConnectionsPerChild
 * cause:   Workers end with their client, and nothing replaces them.
 * fix:     let a worker go back to accept, or make a new one whenever waitpid
 *          returns one that has ended
 * seen:    lives, client-open
 */
#include "server.h"
#include <sys/prctl.h>

#define WORKERS 32

static _Noreturn void work(int listenfd)
{
    end_child(0, serve(accept_conn(listenfd)));
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
            options = WNOHANG;
        }
    }
}
