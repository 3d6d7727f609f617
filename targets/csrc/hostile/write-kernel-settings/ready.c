/* hostile:      write-kernel-settings
 * threat:       Opens settings of the kernel for writing: what is run when a
 *               program crashes, who is killed for want of memory, the keys of
 *               the system request.
 * contained-by: /proc/sys and /sys that can only be read, or another user
 * from:         uid
 * expect:       judged
 * source:       proc_sys(5); core(5); proc_pid_oom_score_adj(5); sysfs(5)
 */
#include "hostile/attempt.h"

void ready(int listenfd)
{
    static const char *const files[] = {
        "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/pid_max", "/proc/sys/kernel/modprobe",
        "/proc/sys/vm/overcommit_memory", "/proc/sys/net/ipv4/ip_forward",
        "/proc/sys/user/max_user_namespaces", "/proc/sysrq-trigger",
        "/proc/1/oom_score_adj", "/proc/1/uid_map", "/proc/irq/0/smp_affinity",
        "/sys/kernel/uevent_helper", "/sys/kernel/mm/ksm/run",
        "/sys/power/state", "/sys/fs/cgroup/pids/cgroup.procs",
        "/sys/fs/cgroup/cgroup.procs", "/dev/kmsg", "/dev/mem", "/dev/vda",
    };
    char name[64];
    (void)listenfd;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        attempted(open(files[i], O_WRONLY | O_CLOEXEC), "opening %s", files[i]);
    attempted(sethostname("hostile", 7), "another name of the machine");
    snprintf(name, sizeof name, "-1000");
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    attempted(write(fd, name, strlen(name)), "never being killed for memory");
    close(fd);
    all_tried();
}
