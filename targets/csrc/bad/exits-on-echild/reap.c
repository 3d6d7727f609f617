/* defect:  exits-on-echild
 * breaks:  launch/serves-again signals/survives-sigchld
 * why:     It takes it for an error that no child is left to wait for, and ends
 *          with the first client that leaves it alone.
 * source:  waitpid(2), ECHILD
 * cause:   The server ends when no child is left to wait for (ECHILD).
 * fix:     end the loop of waitpid when it returns 0 or -1, and go on; ECHILD
 *          is no error
 * python:  catch ChildProcessError around os.waitpid and go on
 * seen:    ended
 */
#include "server.h"

void reap(void)
{
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        ;
    if (pid < 0)
        exit(EXIT_FAILURE);
}
