/* Binds a socket, and calls accept without listen, or listens late.
 * usage: unlistened naps|spins|forks|late PORT */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int naps = strcmp(argv[1], "naps") == 0, forks = strcmp(argv[1], "forks") == 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
        return 1;
    if (strcmp(argv[1], "late") == 0) {
        for (int i = 0; i < 15; i++)
            usleep(100 * 1000);
        listen(fd, 5);
    }
    if (forks && fork() > 0)
        pause();
    for (;;)
        if (accept(fd, NULL, NULL) < 0 && (naps || forks))
            usleep(100 * 1000);
}
