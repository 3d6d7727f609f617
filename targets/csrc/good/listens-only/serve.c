/* variant:  listens-only
 * model:    forking
 * protocol: silent
 * why:      It reads what its clients send and never answers, as discard does:
 *           nothing of that is a fault.
 * source:   RFC 863
 */
#include "server.h"

int serve(int connfd)
{
    char buf[4096];

    while (receive(connfd, buf, sizeof buf) > 0)
        ;
    return 0;
}
