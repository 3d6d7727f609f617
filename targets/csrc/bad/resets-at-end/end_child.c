/* defect:  resets-at-end
 * breaks:  echo/half-close termination/client-sees-eof
 * why:     With a linger time of 0 close() discards what is still to be sent
 *          and resets the connection: the client sees an error instead of
 *          the end of file.
 * source:  socket(7), SO_LINGER; UNP 3rd ed. §7.5
 * cause:   The server resets connections instead of ending them: it discards
 *          what is still to be sent.
 * fix:     do not set SO_LINGER to 0; close after all was written
 * python:  do not set SO_LINGER to 0; close after all was sent
 * seen:    reset
 */
#include "server.h"

_Noreturn void end_child(int connfd, int status)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(connfd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(connfd);
    _exit(status);
}
