#include "bit_reader.hpp"
#include "coded_pixels.hpp"

#include <algorithm>
#include <string>

namespace sma::image {

namespace {

constexpr unsigned sequence_parameters = 33;
constexpr unsigned slice_types = 32;  // those below are of slices
constexpr std::size_t unit_header_bytes = 2;

/// The beginning of a unit's payload, without the byte 3 that keeps 0, 0 from being followed by less.
std::string payload_of(std::string_view unit) {
    constexpr std::size_t enough = 256;  // the size stands within the first 110
    std::string out;
    int zeros = 0;
    for (std::size_t i = unit_header_bytes; i < unit.size() && out.size() < enough; ++i) {
        bool const is_filling = zeros >= 2 && unit[i] == '\3';
        zeros = unit[i] == '\0' ? zeros + 1 : 0;
        if (!is_filling) out.push_back(unit[i]);
    }
    return out;
}

void skip_profile(bit_reader& in, unsigned sub_layers) noexcept {
    constexpr int profile_bits = 88;
    constexpr int level_bits = 8;
    in.skip(profile_bits + level_bits);
    if (sub_layers == 0) return;
    int bits = 0;
    for (unsigned i = 0; i < 8; ++i) {
        bool const has_profile = in.flag();
        bool const has_level = in.flag();
        if (i < sub_layers) bits += (has_profile ? profile_bits : 0) + (has_level ? level_bits : 0);
    }
    in.skip(bits);
}

std::int64_t pixels_of(std::string_view parameters) noexcept {
    bit_reader in(parameters, bit_order::high_first);
    in.skip(4);
    unsigned const sub_layers = in.bits(3);
    in.skip(1);
    skip_profile(in, sub_layers);
    in.exp_golomb();
    constexpr std::uint32_t full_chroma = 3;
    if (in.exp_golomb() == full_chroma) in.skip(1);
    constexpr std::int64_t side_max = 1 << 16;  // no image is so large
    std::int64_t const width = std::min<std::int64_t>(in.exp_golomb(), side_max);
    std::int64_t const height = std::min<std::int64_t>(in.exp_golomb(), side_max);
    return in.is_past_end() ? 0 : width * height;
}

class unit_walk {
public:
    void look(std::string_view unit) {
        byte_reader const in(unit);
        unsigned const type = (in.u8(0) >> 1) & 63U;
        if (type == sequence_parameters) most_pixels_ = std::max(most_pixels_, pixels_of(payload_of(unit)));
        bool const begins_picture = (in.u8(unit_header_bytes) & 0x80) != 0;
        if (type < slice_types && begins_picture) ++pictures_;
    }

    std::int64_t pixels() const noexcept { return most_pixels_ * std::max<std::int64_t>(pictures_, 1); }

private:
    std::int64_t most_pixels_ = 0;
    std::int64_t pictures_ = 0;
};

/// The unit behind its length, which is at `at`; empty where it does not fit. Moves behind it, or to the end.
std::string_view next_unit(byte_reader const& in, std::uint64_t& at, std::uint64_t length_bytes) noexcept {
    std::uint64_t const length = in.number(at, length_bytes);
    at += length_bytes;
    bool const fits = in.has(at, length);
    auto const begin = static_cast<std::size_t>(at);
    at = fits ? at + length : in.size();
    return fits ? in.data().substr(begin, static_cast<std::size_t>(length)) : std::string_view();
}

void walk_configuration(unit_walk& walk, std::string_view configuration) {
    byte_reader const in(configuration, true);
    constexpr std::uint64_t arrays_at = 22;
    std::uint64_t at = arrays_at + 1;
    for (unsigned arrays = in.u8(arrays_at); arrays > 0 && in.has(at, 3); --arrays) {
        unsigned units = in.u16(at + 1);
        at += 3;
        for (; units > 0 && in.has(at, 2); --units) walk.look(next_unit(in, at, 2));
    }
}

}  // namespace

std::int64_t coded_pixels_of_hevc(std::string_view configuration, std::string_view data) {
    unit_walk walk;
    walk_configuration(walk, configuration);
    byte_reader const in(data, true);
    constexpr std::uint64_t length_bytes = 4;
    for (std::uint64_t at = 0; in.has(at, length_bytes);) walk.look(next_unit(in, at, length_bytes));
    return walk.pixels();
}

}  // namespace sma::image
