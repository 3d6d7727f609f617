/* defect:  thread-failure-exits
 * model:   any
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

pid_t make_child(int connfd)
{
    pthread_t thread;
    void *argument = (void *)(intptr_t)connfd;      /* its own copy */
    if (pthread_create(&thread, NULL, serve_client, argument) != 0)
        exit(EXIT_FAILURE);
    return -1;              /* no child */
}
