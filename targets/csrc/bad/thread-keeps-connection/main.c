/* defect:  thread-keeps-connection
 * model:   threads
 * of:      threads
 * breaks:  termination/client-sees-eof descriptors/no-close-wait
 *          descriptors/no-growth descriptors/low-limit echo/half-close
 *          faults/read-econnreset
 * why:     The end of a thread closes nothing: the descriptors are those of the
 *          process, and the connection stays open as long as that runs.
 * source:  pthread_exit(3), NOTES; close(2)
 * cause:   The thread ends and leaves the connected socket open.
 * fix:     close(connfd) at the end of the thread, on every path
 * python:  close the connection in the thread, in a with statement
 */
#include "server.h"
#include <pthread.h>
#include <stdint.h>

static void *serve_client(void *argument)
{
    int connfd = (int)(intptr_t)argument;
    pthread_detach(pthread_self());
    serve(connfd);
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
