/* defect:  thread-failure-exits
 * model:   threads
 * of:      threads
 * breaks:  faults/thread-eagain
 * why:     A thread serves each client, and the server ends when
 *          pthread_create() fails for one of them, and with it the service
 *          for all: all are threads of one process.
 * source:  pthread_create(3), EAGAIN
 * cause:   The server ends when a thread cannot be made for one client.
 * fix:     when pthread_create returns another value than 0, close that
 *          client's connection and go on
 * python:  catch RuntimeError around Thread.start(), close that client's
 *          connection and go on
 * seen:    ended
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
        if (pthread_create(&thread, NULL, serve_client, argument) != 0)
            exit(EXIT_FAILURE);
    }
}
