/* defect:  forks-after-failed-accept
 * breaks:  faults/no-fork-storm
 * why:     It does not look at what accept() returns: when there is no free
 *          descriptor, it forks a child for the connection -1, again and again.
 * source:  accept(2), RETURN VALUE; UNP 3rd ed. §5.9
 */
#include "server.h"

int accept_conn(int listenfd)
{
    return accept(listenfd, NULL, NULL);
}
