/* defect:  reaps-clean-exits-only
 * breaks:  reaping/killed-child
 * why:     It reaps only the children that called exit: one that is killed by
 *          a signal stays a zombie, and so do those that end after it.
 * source:  waitid(2), CLD_KILLED; wait(2), WIFSIGNALED
 * cause:   A child that was killed by a signal is not reaped.
 * fix:     reap whatever the status is: waitpid(-1, NULL, WNOHANG) in a loop
 */
#include "server.h"

void reap(void)
{
    siginfo_t ended = {0};
    while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_code == CLD_EXITED) {
        waitpid(ended.si_pid, NULL, 0);
        ended.si_code = 0;
    }
}
