/* hostile:      memory-in-segments
 * threat:       Fills 1 GiB of System V shared memory and detaches it: that is
 *               memory which no address space and no descriptor shows.
 * contained-by: a limit on the memory of the tree (memory cgroup); in an ipc
 *               namespace of its own init looks how much its segments hold,
 *               and ends the tree
 * from:         namespaces
 * expect:       judged or error
 * source:       shmget(2); proc_sysvipc(5)
 */
#include "hostile/attempt.h"
#include <sys/ipc.h>
#include <sys/shm.h>

enum { SEGMENT = 64 << 20, SEGMENTS = 16, LOOK_MS = 500 };

void ready(int listenfd)
{
    int segment = 0;
    if (!mortal_attacker(listenfd))
        return;
    for (int n = 0; n < SEGMENTS && segment >= 0; n++) {
        segment = shmget(IPC_PRIVATE, SEGMENT, IPC_CREAT | 0600);
        void *at = segment < 0 ? (void *)-1 : shmat(segment, NULL, 0);
        if (at != (void *)-1) {
            memset(at, 1, SEGMENT);
            shmdt(at);
        }
    }
    poll(NULL, 0, LOOK_MS); /* until a look has come */
    attempted(segment, "1 GiB of memory in segments");
    _exit(0);
}
