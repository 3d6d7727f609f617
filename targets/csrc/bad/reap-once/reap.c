/* defect:  reap-once
 * breaks:  reaping/five-at-once reaping/many-at-once
 * why:     SIGCHLD does not queue: five children that end together raise one
 *          signal, and one waitpid() leaves four zombies.
 * source:  UNP 3rd ed. §5.10; signal(7)
 */
#include "server.h"

void reap(void)
{
    waitpid(-1, NULL, WNOHANG);
}
