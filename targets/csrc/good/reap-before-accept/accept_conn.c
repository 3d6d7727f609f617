/* variant: reap-before-accept
 * model:   forking
 * advice:  reaping/promptly
 * why:     Reaps before every accept() and at no other time: zombies stay
 *          until the next client comes, but never more than those of one
 *          pause. Python's ForkingMixIn and the servers of Donahoo and
 *          Calvert do it.
 * source:  CPython, Lib/socketserver.py; Donahoo and Calvert, TCP/IP Sockets
 *          in C, 2nd ed., §6.4.1
 */
#include "server.h"

int accept_conn(int listenfd)
{
    reap();
    int connfd;
    while ((connfd = accept(listenfd, NULL, NULL)) < 0)
        accept_failed();
    return connfd;
}
