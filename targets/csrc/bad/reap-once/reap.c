/* defect:  reap-once
 * breaks:  reaping/five-at-once reaping/many-at-once
 * why:     SIGCHLD does not queue: five children that end together raise one
 *          signal, and one waitpid() leaves four zombies.
 * source:  UNP 3rd ed. §5.10; signal(7)
 * cause:   The SIGCHLD handler waits once for each signal: children that end
 *          together become zombies.
 * fix:     while (waitpid(-1, NULL, WNOHANG) > 0) ; in the handler: several
 *          children may stand behind one SIGCHLD
 * python:  call os.waitpid(-1, os.WNOHANG) in a loop until it returns pid 0:
 *          several children may stand behind one SIGCHLD
 */
#include "server.h"

void reap(void)
{
    waitpid(-1, NULL, WNOHANG);
}
