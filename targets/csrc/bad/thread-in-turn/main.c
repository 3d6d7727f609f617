/* defect:  thread-in-turn
 * model:   threads
 * of:      threads
 * breaks:  concurrency/second-client concurrency/reverse-order
 *          concurrency/many concurrency/hundred concurrency/slow-reader
 *          concurrency/model
 * why:     It makes a thread for the client and waits for its end at once: one
 *          client at a time, with the cost of a thread.
 * source:  pthread_join(3); UNP 3rd ed. §26.4
 * cause:   The server waits for each client's thread before it accepts again.
 * fix:     pthread_detach the thread and go back to accept: do not join it
 * python:  start the thread and go back to accept(); do not join() it there
 */
#include "server.h"
#include <pthread.h>
#include <stdint.h>

static void *serve_client(void *argument)
{
    int connfd = (int)(intptr_t)argument;
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
        } else {
            pthread_join(thread, NULL);
        }
    }
}
