/* defect:  iterative
 * breaks:  concurrency/second-client concurrency/reverse-order
 *          concurrency/many concurrency/hundred concurrency/slow-reader
 *          concurrency/own-process
 * why:     There is no fork: the server serves the client itself, and all
 *          others wait until that client leaves.
 * source:  UNP 3rd ed. §4.8, iterative and concurrent servers
 * cause:   The server serves one client at a time: all others wait until that
 *          one leaves.
 * fix:     fork after accept, and serve the client in the child; if it is to
 *          serve one after another, judge it with --model iterative
 * python:  os.fork() after accept(), and serve the client in the child
 * seen:    parent-serves
 */
#include "server.h"

pid_t make_child(int connfd)
{
    serve(connfd);
    return getpid();    /* served by this process, no child */
}
