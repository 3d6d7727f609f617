/* defect:  loops-on-echild
 * breaks:  launch/serves-again signals/survives-sigchld
 *          termination/idle-is-idle
 * why:     waitpid() returns -1 and not 0 when there is no child left: the
 *          handler never returns: a busy loop.
 * source:  waitpid(2), RETURN VALUE and ECHILD
 * cause:   The SIGCHLD handler never returns: it loops while waitpid returns
 *          -1.
 * fix:     while (waitpid(-1, NULL, WNOHANG) > 0) ; and not != 0
 * python:  end the loop when os.waitpid raises ChildProcessError
 * seen:    spins
 */
#include "server.h"

void reap(void)
{
    while (waitpid(-1, NULL, WNOHANG) != 0)
        ;
}
