/* defect:  wait-once
 * breaks:  reaping/five-at-once reaping/many-at-once signals/spurious-sigchld
 *          signals/storm
 * why:     One wait() per signal leaves zombies behind when several children
 *          end together. When none has ended, it blocks in the handler until
 *          one does, and accepts no client meanwhile.
 * source:  UNP 3rd ed. §5.9 and §5.10; wait(2)
 * cause:   The SIGCHLD handler calls wait once: children that end together
 *          become zombies, and it blocks when none has ended.
 * fix:     while (waitpid(-1, NULL, WNOHANG) > 0) ; in the handler
 * python:  call os.waitpid(-1, os.WNOHANG) in a loop until it returns pid 0
 */
#include "server.h"

void reap(void)
{
    wait(NULL);
}
