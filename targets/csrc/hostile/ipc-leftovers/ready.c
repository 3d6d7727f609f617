/* hostile:      ipc-leftovers
 * threat:       Leaves objects behind that no process owns, for the server that
 *               is judged next: shared memory, semaphores, message queues.
 * contained-by: an ipc namespace of its own, which ends with its processes
 * from:         namespaces
 * expect:       judged
 * source:       ipc_namespaces(7); shmget(2); semget(2); msgget(2); mq_open(3)
 */
#include "hostile/attempt.h"
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum { KEY = 0x666f726b };

/* Says that something was there before, left by an earlier server. */
static void find(long left, const char *what)
{
    if (left >= 0)
        attempted(0, "finding %s of an earlier server", what);
}

void ready(int listenfd)
{
    (void)listenfd;
    find(shmget(KEY, 0, 0), "shared memory");
    find(semget(KEY, 0, 0), "a semaphore");
    find(msgget(KEY, 0), "a message queue");
    find(mq_open("/left", O_RDWR), "a POSIX message queue");
    find(shm_open("/left", O_RDWR, 0), "POSIX shared memory");

    shmget(KEY, 4096, IPC_CREAT | 0666);
    semget(KEY, 1, IPC_CREAT | 0666);
    msgget(KEY, IPC_CREAT | 0666);
    mq_open("/left", O_RDWR | O_CREAT | O_CLOEXEC, 0666, NULL);
    close(shm_open("/left", O_RDWR | O_CREAT, 0666));
    all_tried();
}
