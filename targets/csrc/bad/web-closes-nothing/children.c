/* defect:   web-closes-nothing
 * of:       web-server
 * like:     parent-keeps-connection never-waits child-keeps-listener
 *           fork-failure-keeps-connection
 * breaks:   descriptors/parent-closes-connection
 *           descriptors/child-closes-listener descriptors/no-siblings
 *           descriptors/no-growth descriptors/low-limit
 *           descriptors/no-close-wait reaping/one reaping/sequential
 *           reaping/five-at-once reaping/many-at-once reaping/one-of-two
 *           reaping/killed-child reaping/stopped-child
 *           termination/client-sees-eof termination/killed-child-frees-client
 *           faults/fork-eagain faults/fork-enomem
 * why:      The second step: it forks, and neither process closes what it does
 *           not need.
 * source:   UNP 3rd ed. §4.8
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
    (void)listenfd;
    if (fork() == 0) {
        serve(connfd);
        _exit(0);
    }
}
