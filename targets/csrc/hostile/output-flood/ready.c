/* hostile:      output-flood
 * threat:       Writes to its standard output as fast as it can, without end
 *               and without a line's end.
 * contained-by: output is drained for ever; only its beginning and end are kept
 * from:         same-uid
 * expect:       judged
 * source:       pipe(7); write(2)
 */
#include "hostile/attempt.h"

void ready(int listenfd)
{
    static char block[64 << 10];
    all_tried();
    if (!attacker(listenfd))
        return;
    memset(block, 'x', sizeof block);
    while (write(STDOUT_FILENO, block, sizeof block) > 0)
        ;
    _exit(0);
}
