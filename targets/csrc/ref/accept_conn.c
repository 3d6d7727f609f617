/* accept() takes one established connection from the listening socket's queue
 * and sleeps while there is none: accept(2).
 */
#include "server.h"

int accept_conn(int listenfd)
{
    int connfd;
    while ((connfd = accept(listenfd, NULL, NULL)) < 0)
        accept_failed();
    return connfd;
}
