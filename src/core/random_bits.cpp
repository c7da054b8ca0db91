#include "sma/core/random_bits.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <random>

namespace sma {

std::uint64_t random_bits() {
    thread_local std::mt19937_64 engine = [] {
        std::random_device device;
        std::array<std::uint32_t, 8> words;
        std::generate(words.begin(), words.end(), std::ref(device));
        std::seed_seq sequence(words.begin(), words.end());
        return std::mt19937_64(sequence);
    }();
    return engine();
}

}  // namespace sma
