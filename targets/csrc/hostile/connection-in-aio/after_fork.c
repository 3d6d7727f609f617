/* hostile:      connection-in-aio
 * threat:       Keeps every connection, in a poll by asynchronous I/O that
 *               waits for nothing but its end: no descriptor shows it.
 * contained-by: a socket that no process is seen to hold is found; its client
 *               sees no end
 * from:         same-uid
 * expect:       error
 * source:       io_submit(2), IOCB_CMD_POLL; UNP 3rd ed. §4.8
 */
#include "hostile/attempt.h"
#include <linux/aio_abi.h>

void after_fork(int connfd, pid_t pid)
{
    enum { POLLS = 512 };
    static aio_context_t context;
    struct iocb poll = {
        .aio_fildes = (unsigned)connfd, .aio_lio_opcode = IOCB_CMD_POLL,
    };
    struct iocb *list[] = {&poll};
    (void)pid;
    if (context == 0 && syscall(SYS_io_setup, POLLS, &context) < 0)
        perror("io_setup");
    if (syscall(SYS_io_submit, context, 1, list) < 0)
        perror("io_submit");
    close(connfd);
    all_tried();
}
