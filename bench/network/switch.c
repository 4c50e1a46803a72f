/*
 * A star of access lines in user space: every port is a TUN device in a network namespace, and an IPv4 packet that
 * leaves one of them waits in that port's uplink queue, is perhaps lost, travels, waits in the downlink queue of the
 * port that it is for, and is written there. For kernels without netem; needs root. Nothing but IPv4 unicast passes.
 *
 *   switch SEED PORT...     PORT = NETNS,UP,DOWN,DELAY,LOSS,QUEUE
 *
 * UP and DOWN in bits a second (0: without limit), DELAY of the access line one way in microseconds, LOSS per million
 * packets that leave it, QUEUE in milliseconds at the line's rate. The address that ends in .N is port N's, from 1. The
 * device is called "eth0"; its addresses and routes are for whoever started us.
 *
 * Says "ready" once all devices are there, and then what every port has carried, twice a second: milliseconds since
 * 1970, and per port UP_BYTES,UP_DROPPED,UP_LOST,DOWN_BYTES,DOWN_DROPPED. Ends when its standard input does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
  PORTS_MAX = 200,
  PACKET_BYTES_MAX = 2048, /* a TUN device has an MTU of 1500 */
  IP_HEADER_BYTES = 20,
  FRAME_BYTES = 18,      /* Ethernet around a packet, which a line carries too */
  READS_PER_TURN = 64,   /* so that one busy port does not keep the others waiting */
  NICENESS = -10,        /* a network does not slow down because its users are busy */
};

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define REPORT_EVERY_NS (500 * NS_PER_MS)
/* Packets arrive a little late, together: fewer wake-ups for the namespaces behind. */
#define TICK_NS (NS_PER_MS / 2)

struct line {
  double bits_per_second;
  uint64_t queue_ns, free_at;
  uint64_t bytes, dropped;
};

struct port {
  int device;
  struct line up, down;
  uint64_t delay_ns, lost;
  double loss;
};

/* A packet on its way: first to the downlink queue of its port, then to the port. */
struct packet {
  uint64_t due, order;
  struct port *to;
  int is_queued;
  int length;
  unsigned char bytes[];
};

static struct port ports[PORTS_MAX];
static int port_count;

/* A heap, the next one first. `order` keeps those that are due together as they came. */
static struct packet **pending;
static size_t pending_count, pending_room;
static uint64_t packets_seen;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t clock_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * NS_PER_SECOND + (uint64_t)time.tv_nsec;
}

static int comes_before(const struct packet *a, const struct packet *b) {
  return a->due < b->due || (a->due == b->due && a->order < b->order);
}

static void push(struct packet *packet) {
  if (pending_count == pending_room) {
    pending_room = pending_room ? 2 * pending_room : 1024;
    pending = realloc(pending, pending_room * sizeof *pending);
    if (!pending) fail("realloc");
  }
  size_t at = pending_count++;
  for (; at > 0 && comes_before(packet, pending[(at - 1) / 2]); at = (at - 1) / 2) pending[at] = pending[(at - 1) / 2];
  pending[at] = packet;
}

static struct packet *pop(void) {
  struct packet *first = pending[0], *last = pending[--pending_count];
  size_t at = 0;
  for (size_t child = 1; child < pending_count; child = 2 * at + 1) {
    if (child + 1 < pending_count && comes_before(pending[child + 1], pending[child])) child++;
    if (!comes_before(pending[child], last)) break;
    pending[at] = pending[child];
    at = child;
  }
  pending[at] = last;
  return first;
}

/* When a packet that reaches a line now has left it. 0 when the queue is full. */
static uint64_t pass(struct line *line, uint64_t now, int length) {
  uint64_t left_at = now;
  if (line->bits_per_second > 0) {
    uint64_t starts_at = line->free_at > now ? line->free_at : now;
    if (starts_at - now > line->queue_ns) {
      line->dropped++;
      return 0;
    }
    left_at = starts_at + (uint64_t)((length + FRAME_BYTES) * 8.0 * NS_PER_SECOND / line->bits_per_second);
    line->free_at = left_at;
  }
  line->bytes += (uint64_t)length;
  return left_at;
}

static struct port *port_of(const unsigned char *address) {
  int number = address[3];
  return number >= 1 && number <= port_count ? &ports[number - 1] : NULL;
}

/* A packet has come out of a namespace. */
static void depart(struct port *from, const unsigned char *bytes, int length, uint64_t now) {
  if (length < IP_HEADER_BYTES || bytes[0] >> 4 != 4 || bytes[16] >= 224) return; /* IPv6, multicast, broadcast */
  struct port *to = port_of(bytes + 16);
  if (!to) return;
  uint64_t left_at = pass(&from->up, now, length);
  if (left_at == 0) return;
  if (drand48() < from->loss) {
    from->lost++;
    return;
  }
  struct packet *packet = malloc(sizeof *packet + (size_t)length);
  if (!packet) fail("malloc");
  *packet = (struct packet){.due = left_at + from->delay_ns + to->delay_ns, .order = packets_seen++, .to = to, .length = length};
  memcpy(packet->bytes, bytes, (size_t)length);
  push(packet);
}

static void arrive(struct packet *packet) {
  struct port *to = packet->to;
  if (!packet->is_queued) {
    uint64_t left_at = pass(&to->down, packet->due, packet->length);
    if (left_at > 0) {
      packet->is_queued = 1;
      packet->due = (left_at + TICK_NS - 1) / TICK_NS * TICK_NS;
      push(packet);
      return;
    }
  } else if (write(to->device, packet->bytes, (size_t)packet->length) < 0 && errno != EAGAIN && errno != EIO) {
    fail("write"); /* EIO: the device is down, as it is until somebody sets it up */
  }
  free(packet);
}

static void report(void) {
  printf("%" PRIu64, clock_ns(CLOCK_REALTIME) / NS_PER_MS);
  for (const struct port *port = ports; port < ports + port_count; port++)
    printf(" %" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, port->up.bytes, port->up.dropped, port->lost,
           port->down.bytes, port->down.dropped);
  putchar('\n');
  fflush(stdout);
}

/* A TUN device belongs to the namespace in which it was opened. */
static int open_device(const char *namespace, int home) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", namespace);
  int there = open(path, O_RDONLY | O_CLOEXEC);
  if (there < 0 || setns(there, CLONE_NEWNET)) fail(path);
  close(there);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strcpy(request.ifr_name, "eth0");
  if (device < 0 || ioctl(device, TUNSETIFF, &request)) fail("/dev/net/tun");
  if (setns(home, CLONE_NEWNET)) fail("setns");
  return device;
}

static void open_port(const char *description, int home) {
  char namespace[128];
  double up, down, delay_us, loss_per_million, queue_ms;
  if (port_count == PORTS_MAX || sscanf(description, "%127[^,],%lf,%lf,%lf,%lf,%lf", namespace, &up, &down, &delay_us,
                                        &loss_per_million, &queue_ms) != 6) {
    fprintf(stderr, "not a port, or one too many: %s\n", description);
    exit(1);
  }
  uint64_t queue_ns = (uint64_t)(queue_ms * NS_PER_MS);
  ports[port_count++] = (struct port){
      .device = open_device(namespace, home),
      .up = {.bits_per_second = up, .queue_ns = queue_ns},
      .down = {.bits_per_second = down, .queue_ns = queue_ns},
      .delay_ns = (uint64_t)(delay_us * 1000),
      .loss = loss_per_million / 1e6,
  };
}

static void read_all(struct port *port) {
  static unsigned char bytes[PACKET_BYTES_MAX];
  for (int i = 0; i < READS_PER_TURN; i++) {
    ssize_t length = read(port->device, bytes, sizeof bytes);
    if (length <= 0) return;
    depart(port, bytes, (int)length, clock_ns(CLOCK_MONOTONIC));
  }
}

int main(int count, char **arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: switch SEED NETNS,UP,DOWN,DELAY,LOSS,QUEUE...\n");
    return 1;
  }
  srand48(atol(arguments[1]));
  setpriority(PRIO_PROCESS, 0, NICENESS); /* may be refused, and then is a pity */
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0) fail("/proc/self/ns/net");
  for (int i = 2; i < count; i++) open_port(arguments[i], home);

  struct pollfd watched[PORTS_MAX + 1];
  for (int i = 0; i < port_count; i++) watched[i] = (struct pollfd){.fd = ports[i].device, .events = POLLIN};
  struct pollfd *input = &watched[port_count];
  *input = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
  printf("ready\n");
  fflush(stdout);

  uint64_t report_at = clock_ns(CLOCK_MONOTONIC) + REPORT_EVERY_NS;
  for (;;) {
    uint64_t now = clock_ns(CLOCK_MONOTONIC);
    uint64_t wake_at = pending_count > 0 && pending[0]->due < report_at ? pending[0]->due : report_at;
    uint64_t wait_ns = wake_at > now ? wake_at - now : 0;
    struct timespec wait = {.tv_sec = (time_t)(wait_ns / NS_PER_SECOND), .tv_nsec = (long)(wait_ns % NS_PER_SECOND)};
    if (ppoll(watched, (nfds_t)port_count + 1, &wait, NULL) < 0 && errno != EINTR) fail("ppoll");
    if (input->revents) return 0;
    for (int i = 0; i < port_count; i++)
      if (watched[i].revents & POLLIN) read_all(&ports[i]);
    now = clock_ns(CLOCK_MONOTONIC);
    while (pending_count > 0 && pending[0]->due <= now) arrive(pop());
    if (now >= report_at) {
      report();
      report_at = now + REPORT_EVERY_NS;
    }
  }
}
