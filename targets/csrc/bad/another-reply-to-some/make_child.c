/* defect:   another-reply-to-some
 * protocol: learned
 * send:     hello\n
 * breaks:   concurrency/many concurrency/hundred
 * why:      It counts its clients, forgets to count those that leave, and tells
 *           every 16th that it is busy: most clients never see that.
 * source:   UNP 3rd ed. §30.1
 * cause:    Some of many clients get another reply: the server says that it is
 *           busy.
 * fix:      serve every client in its child, and count down when one ends
 * seen:     other-reply
 */
#include "server.h"

pid_t make_child(int connfd)
{
    static int clients;
    if (++clients % 16 == 0)
        send_all(connfd, "busy\n", 5);
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        close(connfd);
    }
    return pid;
}
