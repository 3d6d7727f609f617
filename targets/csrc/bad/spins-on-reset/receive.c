/* defect:  spins-on-reset
 * breaks:  termination/child-exits-on-reset faults/read-econnreset
 * why:     It tests errno although recv() returned 0, which does not set
 *          errno: after one ECONNRESET it tries again for ever, in a busy
 *          loop.
 * source:  errno(3); recv(2); UNP 3rd ed. §5.13
 * cause:   After a reset the child tries to read again for ever: it uses the
 *          whole processor.
 * fix:     end the child when read returns 0 or fails with anything but EINTR
 * python:  end the child when recv returns b"" or raises OSError
 * seen:    spins
 */
#include "server.h"

ssize_t receive(int connfd, char *buf, size_t size)
{
    ssize_t n;
    do {
        n = recv(connfd, buf, size, 0);
    } while ((n < 0 && errno == EINTR) || (n <= 0 && errno == ECONNRESET));
    return n;
}
