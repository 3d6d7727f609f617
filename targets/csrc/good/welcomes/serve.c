/* variant:  welcomes
 * model:    forking
 * protocol: learned
 * send:     hello\n
 * why:      It greets with the time and its process ID, and counts in each
 *           answer: what varies from client to client is no mistake.
 * source:   RFC 5321 §3.1; strftime(3)
 */
#include "server.h"
#include <time.h>

int serve(int connfd)
{
    char buf[4096], text[200], when[40];
    time_t now = time(NULL);

    strftime(when, sizeof when, "%a, %d %b %Y %H:%M:%S %z", gmtime(&now));
    int n = snprintf(text, sizeof text, "220 server %d ready\r\n220 %s\r\n",
                     (int)getpid(), when);
    if (send_all(connfd, text, (size_t)n) < 0)
        return 1;
    for (int lines = 1;; lines++) {
        ssize_t got;
        do {
            got = receive(connfd, buf, sizeof buf);
            if (got <= 0)
                return 0;
        } while (buf[got - 1] != '\n');
        n = snprintf(text, sizeof text, "250 message %d taken\r\n", lines);
        if (send_all(connfd, text, (size_t)n) < 0)
            return 1;
    }
}
