/* The loops of LRU and SIEVE once more, in C, with the same arrays as in labsupport/simulators/eviction: what a compiler makes
   of them is the measure for the kernels. Compiled by benchmarks/caching.py with gcc -O3. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int32_t *node_of, *after, *before;
    int64_t *key_in;
} store;

static store open_store(int64_t key_count, int64_t capacity) {
    store s = {malloc(key_count * sizeof(int32_t)), malloc((capacity + 1) * sizeof(int32_t)), malloc((capacity + 1) * sizeof(int32_t)),
               malloc(capacity * sizeof(int64_t))};
    memset(s.node_of, 0xff, key_count * sizeof(int32_t));
    s.after[capacity] = s.before[capacity] = (int32_t)capacity;
    return s;
}

static void close_store(store s) {
    free(s.node_of), free(s.after), free(s.before), free(s.key_in);
}

static inline void put_after(store s, int32_t anchor, int32_t node) {
    int32_t follower = s.after[anchor];
    s.after[anchor] = node, s.before[node] = anchor, s.after[node] = follower, s.before[follower] = node;
}

static inline void take_out(store s, int32_t node) {
    s.after[s.before[node]] = s.after[node], s.before[s.after[node]] = s.before[node];
}

int64_t lru(const int64_t *trace, int64_t requests, int64_t key_count, int64_t capacity, uint8_t *hits) {
    store s = open_store(key_count, capacity);
    int32_t head = (int32_t)capacity;
    int64_t resident = 0, evictions = 0;
    for (int64_t request = 0; request < requests; request++) {
        int64_t key = trace[request];
        int32_t node = s.node_of[key];
        if (node >= 0) {
            hits[request] = 1;
            take_out(s, node);
        } else {
            if (resident < capacity) {
                node = (int32_t)resident++;
            } else {
                node = s.before[head];
                s.node_of[s.key_in[node]] = -1;
                take_out(s, node);
                evictions++;
            }
            s.key_in[node] = key;
            s.node_of[key] = node;
        }
        put_after(s, head, node);
    }
    close_store(s);
    return evictions;
}

int64_t sieve(const int64_t *trace, int64_t requests, int64_t key_count, int64_t capacity, uint8_t *hits) {
    store s = open_store(key_count, capacity);
    uint8_t *visited = calloc(capacity, 1);
    int32_t head = (int32_t)capacity, hand = head;
    int64_t resident = 0, evictions = 0;
    for (int64_t request = 0; request < requests; request++) {
        int64_t key = trace[request];
        int32_t node = s.node_of[key];
        if (node >= 0) {
            hits[request] = 1;
            visited[node] = 1;
            continue;
        }
        if (resident < capacity) {
            node = (int32_t)resident++;
        } else {
            node = hand != head ? hand : s.before[head];
            while (visited[node]) {
                visited[node] = 0;
                node = s.before[node];
                if (node == head) node = s.before[head];
            }
            hand = s.before[node];
            take_out(s, node);
            s.node_of[s.key_in[node]] = -1;
            evictions++;
        }
        put_after(s, head, node);
        s.key_in[node] = key;
        s.node_of[key] = node;
    }
    free(visited);
    close_store(s);
    return evictions;
}
