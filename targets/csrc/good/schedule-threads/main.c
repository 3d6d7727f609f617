/* variant:  schedule-threads
 * model:    threads
 * protocol: dialogue
 * dialogue: schedule/schedule.yaml
 * uses:     schedule
 * why:      The schedule server with a thread per client: each has its session
 *           on its own stack.
 * source:   UNP 3rd ed. §26.4; pthread_create(3); flock(2)
 */
#include "server.h"
#include "schedule/schedule.h"
#include <pthread.h>
#include <stdint.h>

static void *serve_client(void *argument)
{
    int connfd = (int)(intptr_t)argument;
    struct session session = {0};
    char buf[512];
    ssize_t n;
    pthread_detach(pthread_self());
    enum next next = greet(connfd);
    while (next == GO_ON && (n = receive(connfd, buf, sizeof buf)) > 0)
        next = take(&session, connfd, buf, (size_t)n);
    close(connfd);
    return NULL;
}

int main(int argc, char **argv)
{
    start();
    open_store();
    int listenfd = open_listener(port_argument(argc, argv));
    ready(listenfd);

    for (;;) {
        int connfd = accept_conn(listenfd);
        void *argument = (void *)(intptr_t)connfd;  /* its own copy */
        pthread_t thread;
        int error = pthread_create(&thread, NULL, serve_client, argument);
        if (error != 0) {
            fprintf(stderr, "pthread_create: %s\n", strerror(error));
            close(connfd);
        }
    }
}
