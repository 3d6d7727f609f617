/* defect:  read-eintr-is-fatal
 * breaks:  faults/read-eintr
 * why:     A signal arrived before anything was received. Nothing is wrong
 *          with the connection, yet it is given up.
 * source:  signal(7), Interruption of system calls; UNP 3rd ed. §3.9
 */
#include "server.h"

ssize_t receive(int connfd, char *buf, size_t size)
{
    return recv(connfd, buf, size, 0);
}
