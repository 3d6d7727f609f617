/* A server that wants something before it listens. Usage: wants WHAT DIR PORT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int bound(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0)
		die("bind");
	return fd;
}

static void open_or_die(const char *dir, const char *name, int flags)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (open(path, flags, 0644) < 0)
		die(path);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *dir = argc > 2 ? argv[2] : "";
	const int log = O_WRONLY | O_CREAT | O_APPEND;
	int port = argc > 3 ? atoi(argv[3]) : 0;

	if (!strcmp(what, "config"))
		open_or_die(dir, "config", O_RDONLY);
	if (!strcmp(what, "missing"))
		open_or_die(dir, "missing", O_RDONLY);
	if (!strcmp(what, "log"))
		open_or_die(dir, "log", log);
	if (!strcmp(what, "run") && mkdir("/run/forkproof-wants", 0755) < 0)
		die("mkdir");
	if (!strcmp(what, "root") && setuid(0) < 0)
		die("setuid");
	if (!strcmp(what, "chroot") && chroot(dir) < 0)
		die("chroot");
	if (!strcmp(what, "limit")) {
		struct rlimit many = {2048, 2048};
		if (setrlimit(RLIMIT_NOFILE, &many) < 0)
			die("setrlimit");
	}
	if (strstr(what, "priority")) {
		if (!strcmp(what, "log, priority")) {
			char path[4096];
			snprintf(path, sizeof path, "%s/log", dir);
			(void)!open(path, log, 0644);
		}
		setpriority(PRIO_PROCESS, 0, -5);
		exit(1);
	}
	if (!strcmp(what, "port"))
		port = 80;
	if (!strcmp(what, "ignored")) { /* its own mistake comes after the denial */
		char path[4096];
		snprintf(path, sizeof path, "%s/log", dir);
		(void)!open(path, log, 0644);
		(void)!socket(AF_INET, SOCK_STREAM, 0);
		exit(1);
	}
	if (!strcmp(what, "mistaken")) { /* and here before it */
		if (bind(-1, 0, 0) < 0)
			open_or_die(dir, "log", log);
	}
	if (!strcmp(what, "child")) {
		int status = 1;
		if (fork() == 0) {
			open_or_die(dir, "log", log);
			_exit(0);
		}
		wait(&status);
		if (status)
			exit(1);
	}
	if (listen(bound(port), 16) < 0)
		die("listen");
	pause();
	return 0;
}
