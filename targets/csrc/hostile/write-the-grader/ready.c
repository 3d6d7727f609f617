/* hostile:      write-the-grader
 * threat:       Opens the memory of every process that it can see, and reads
 *               and writes it.
 * contained-by: processes of forkproof that cannot be dumped, in another user
 *               namespace or of another user
 * from:         same-uid
 * expect:       judged
 * source:       proc_pid_mem(5); process_vm_readv(2)
 */
#include "hostile/attempt.h"
#include <sys/uio.h>

void ready(int listenfd)
{
    char name[64], byte;
    pid_t pid;
    DIR *proc = opendir("/proc");
    (void)listenfd;
    while ((pid = next_stranger(proc)) != 0) {
        snprintf(name, sizeof name, "/proc/%d/mem", (int)pid);
        attempted(open(name, O_RDWR | O_CLOEXEC), "opening %s", name);
        snprintf(name, sizeof name, "/proc/%d/maps", (int)pid);
        int maps = open(name, O_RDONLY | O_CLOEXEC);
        attempted(read(maps, &byte, 1), "reading %s", name);
        struct iovec here = {.iov_base = &byte, .iov_len = 1};
        struct iovec there = {.iov_base = (void *)0x400000, .iov_len = 1};
        errno = 0;
        if (process_vm_readv(pid, &here, 1, &there, 1, 0) < 0 &&
            errno == EFAULT)
            errno = 0; /* it was let in, and nothing is mapped there */
        attempted(errno == 0 ? 0 : -1, "reading the memory of %d", (int)pid);
    }
    closedir(proc);
    all_tried();
}
