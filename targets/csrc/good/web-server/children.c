/* One process per client: the parent accepts, the child serves. Both hold both
 * sockets after the fork, and each closes the one that it does not need.
 */
#include "web.h"

static void on_child(int signo)
{
    (void)signo;
    int saved = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = saved;
}

void watch_children(void)
{
    struct sigaction action = {.sa_handler = on_child,
                               .sa_flags = SA_NOCLDSTOP};
    sigaction(SIGCHLD, &action, NULL);
}

int next_client(int listenfd)
{
    int connfd;
    while ((connfd = accept(listenfd, NULL, NULL)) < 0)
        accept_failed();                    /* goes on after EINTR */
    return connfd;
}

void serve_in_child(int listenfd, int connfd)
{
    if (fork() == 0) {
        close(listenfd);
        serve(connfd);
        _exit(0);
    }
    close(connfd);
}
