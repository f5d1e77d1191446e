/* The loop of the ring once more, in C, with the same arrays as in labsupport/simulators/placement/consistent.py: XXH64 of
   eight bytes, the first point of the key's piece of the ring, and on to the point at or after the key. Compiled by
   benchmarks/sharding.py with gcc -O3. */

#include <stdint.h>

static const uint64_t P1 = 0x9E3779B185EBCA87u, P2 = 0xC2B2AE3D27D4EB4Fu, P3 = 0x165667B19E3779F9u, P4 = 0x85EBCA77C2B2AE63u,
                      P5 = 0x27D4EB2F165667C5u;

static inline uint64_t rotate(uint64_t word, int bits) {
    return (word << bits) | (word >> (64 - bits));
}

static inline uint64_t hash(uint64_t word) {
    uint64_t h = rotate((P5 + 8) ^ (rotate(word * P2, 31) * P1), 27) * P1 + P4;
    h = (h ^ (h >> 33)) * P2;
    h = (h ^ (h >> 29)) * P3;
    return h ^ (h >> 32);
}

void ring(const int64_t *keys, int64_t count, const uint64_t *positions, const int64_t *owners, const int32_t *first_points,
          int64_t shift, int64_t *shards) {
    for (int64_t key = 0; key < count; key++) {
        uint64_t position = hash((uint64_t)keys[key]);
        int64_t point = first_points[position >> shift];
        while (positions[point] < position)
            point++;
        shards[key] = owners[point];
    }
}
