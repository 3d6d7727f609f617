/* defect:   web-never-waits
 * of:       web-server
 * like:     never-waits
 * breaks:   reaping/one reaping/sequential reaping/five-at-once
 *           reaping/many-at-once reaping/one-of-two reaping/killed-child
 *           reaping/stopped-child
 * why:      The third step: both close, and nobody waits for the children.
 * source:   UNP 3rd ed. §4.8, §5.7
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
    (void)on_child;
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
