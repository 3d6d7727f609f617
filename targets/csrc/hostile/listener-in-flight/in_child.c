/* hostile:      listener-in-flight
 * threat:       Keeps the listening socket in the child, in a message that it
 *               never receives: no descriptor shows it.
 * contained-by: once the parent is gone, a socket that no process is seen to
 *               hold is told
 * from:         same-uid
 * expect:       error
 * source:       unix(7), SCM_RIGHTS; UNP 3rd ed. §4.8
 */
#include "hostile/attempt.h"

static void send_descriptor(int to, int fd)
{
    char control[CMSG_SPACE(sizeof fd)] = "", byte = 0;
    struct iovec data = { &byte, 1 };
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1,
        .msg_control = control, .msg_controllen = sizeof control,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (sendmsg(to, &message, 0) < 0)
        perror("sendmsg");
}

void in_child(int listenfd)
{
    int ends[2];
    signal(SIGCHLD, SIG_DFL);
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0)
        send_descriptor(ends[0], listenfd);
    close(listenfd);
    all_tried();
}
