/* hostile:      closes-everything
 * threat:       Closes every descriptor that it was given, standard input and
 *               output too: nobody hears from it any more.
 * contained-by: what its grader needs of it is in /proc and on its connections
 * from:         same-uid
 * expect:       judged
 * source:       close_range(2)
 */
#include "hostile/attempt.h"

void start(void)
{
    all_tried();
    close_range(0, ~0U, 0);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
}
