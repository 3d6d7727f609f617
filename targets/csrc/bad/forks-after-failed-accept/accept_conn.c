/* defect:  forks-after-failed-accept
 * breaks:  faults/no-fork-storm
 * why:     It does not look at what accept() returns: when there is no free
 *          descriptor, it forks a child for the connection -1, again and again.
 * source:  accept(2), RETURN VALUE; UNP 3rd ed. §5.9
 * cause:   The server does not check what accept returns: when accept fails,
 *          it forks all the same, without end.
 * fix:     if (connfd < 0) continue; before fork, and pause or end on errors
 *          that last
 * python:  do not fork when accept() raised an OSError: continue, and pause on
 *          errors that last
 */
#include "server.h"

int accept_conn(int listenfd)
{
    return accept(listenfd, NULL, NULL);
}
