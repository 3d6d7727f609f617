/* defect:   web-iterative
 * of:       web-server
 * like:     iterative
 * breaks:   concurrency/second-client concurrency/reverse-order
 *           concurrency/many concurrency/hundred concurrency/own-process
 * why:      The first step of the course: one client after another.
 * source:   UNP 3rd ed. §4.6
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
    (void)listenfd;
    serve(connfd);
    close(connfd);
}
