/* Least connections once more, in C, with the same tournaments as in labsupport/simulators/dispatch: what a compiler makes of
   them is the measure for the kernel. Compiled by benchmarks/balancing.py with gcc -O3. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t *keys;
    int32_t *winners;
    int64_t places;
} tournament;

static const int64_t never = 0x7ff0000000000000; /* the bits of infinity */

static tournament open_tournament(int64_t servers, int64_t first_key) {
    int64_t places = 1;
    while (places < servers) places *= 2;
    tournament t = {malloc(places * sizeof(int64_t)), malloc(2 * places * sizeof(int32_t)), places};
    for (int64_t place = 0; place < places; place++) {
        t.keys[place] = place < servers ? first_key + place : INT64_MAX;
        t.winners[places + place] = (int32_t)place;
    }
    for (int64_t node = places - 1; node >= 1; node--) t.winners[node] = t.winners[2 * node];
    return t;
}

static void close_tournament(tournament t) {
    free(t.keys), free(t.winners);
}

static inline void set_key(tournament t, int32_t server, int64_t key) {
    t.keys[server] = key;
    int32_t winner = server;
    for (int64_t node = server + t.places; node > 1;) {
        int32_t rival = t.winners[node ^ 1];
        int64_t rivals_key = t.keys[rival];
        int beaten = rivals_key < key;
        winner = beaten ? rival : winner, key = beaten ? rivals_key : key;
        node >>= 1;
        t.winners[node] = winner;
    }
}

static inline int64_t bits(double moment) {
    int64_t result;
    memcpy(&result, &moment, sizeof result);
    return result;
}

void least_connections(int64_t requests, int64_t servers, const double *arrivals, const double *services, const double *speeds,
                       int32_t *chosen, double *waits, double *finishes, int32_t *found, int32_t *following) {
    tournament crowds = open_tournament(servers, 0), departures = open_tournament(servers, never);
    double *done = calloc(servers, sizeof(double));
    int32_t *present = calloc(servers, sizeof(int32_t)), *first = calloc(servers, sizeof(int32_t)), *last = calloc(servers, sizeof(int32_t));
    for (int32_t server = 0; server < servers; server++) last[server] = server - (int32_t)servers; /* never chosen */
    for (int64_t request = 0; request < requests; request++) {
        double now = arrivals[request];
        while (departures.keys[departures.winners[1]] <= bits(now)) {
            int32_t server = departures.winners[1];
            while (present[server] > 0 && finishes[first[server]] <= now) first[server] = following[first[server]], present[server]--;
            set_key(crowds, server, (int64_t)present[server] << 28 | (servers + last[server]));
            set_key(departures, server, present[server] ? bits(finishes[first[server]]) : never + server);
        }
        int32_t server = crowds.winners[1];
        double start = now > done[server] ? now : done[server], finish = start + services[request] / speeds[server];
        if (present[server] == 0)
            first[server] = (int32_t)request;
        else
            following[last[server]] = (int32_t)request;
        chosen[request] = server, waits[request] = start - now, finishes[request] = finish, found[request] = present[server];
        last[server] = (int32_t)request, done[server] = finish, present[server]++;
        set_key(crowds, server, (int64_t)present[server] << 28 | (servers + request));
        if (present[server] == 1) set_key(departures, server, bits(finish));
    }
    close_tournament(crowds), close_tournament(departures);
    free(done), free(present), free(first), free(last);
}
