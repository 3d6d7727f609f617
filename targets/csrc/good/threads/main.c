/* variant: threads
 * model:   threads
 * why:     One thread per client in a single process: nothing is inherited,
 *          nothing is reaped, and there is nothing to close twice.
 * source:  UNP 3rd ed. §26.4; pthread_create(3)
 */
#include "server.h"
#include <pthread.h>
#include <stdint.h>

static void *serve_client(void *argument)
{
    int connfd = (int)(intptr_t)argument;
    pthread_detach(pthread_self());
    serve(connfd);
    close(connfd);
    return NULL;
}

int main(int argc, char **argv)
{
    start();
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
