/* defect:  broken-pipe-kills-server
 * breaks:  signals/broken-pipe
 * why:     A child whose client vanished in the middle of an answer ends with
 *          status 1, and the server treats that as a reason to exit.
 * source:  UNP 3rd ed. §5.13; wait(2), WEXITSTATUS; write(2), EPIPE
 * cause:   The server ends when the child of a client that vanished reports a
 *          failure.
 * fix:     do not let a child's exit status end the server: it concerns one
 *          client
 * python:  do not let a child's exit status end the server: it concerns one
 *          client
 * seen:    ended
 */
#include "server.h"

void reap(void)
{
    int status;
    while (waitpid(-1, &status, WNOHANG) > 0) {
        if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
            _exit(EXIT_FAILURE);    /* something is wrong: stop */
    }
}
