#include "bit_reader.hpp"
#include "coded_pixels.hpp"

#include <algorithm>

namespace sma::image {

namespace {

constexpr std::uint32_t sequence_header = 1;
constexpr std::uint32_t frame_header = 3;
constexpr std::uint32_t frame = 6;

void skip_timing(bit_reader& in, bool& has_decoder_model, int& delay_bits) noexcept {
    in.skip(64);
    if (in.flag()) in.exp_golomb();
    has_decoder_model = in.flag();
    if (!has_decoder_model) return;
    delay_bits = static_cast<int>(in.bits(5)) + 1;
    in.skip(42);
}

void skip_operating_points(bit_reader& in) noexcept {
    bool has_decoder_model = false;
    int delay_bits = 0;
    if (in.flag()) skip_timing(in, has_decoder_model, delay_bits);
    bool const has_display_delay = in.flag();
    for (std::uint32_t left = in.bits(5) + 1; left > 0; --left) {
        constexpr std::uint32_t levels_with_one_tier = 7;
        in.skip(12);
        if (in.bits(5) > levels_with_one_tier) in.skip(1);
        if (has_decoder_model && in.flag()) in.skip(2 * delay_bits + 1);
        if (has_display_delay && in.flag()) in.skip(4);
    }
}

// In a reduced header's stream all frames have the stated size. In others a frame may have any that its fields can
// hold.
std::int64_t most_pixels(std::string_view header) noexcept {
    bit_reader in(header, bit_order::high_first);
    in.skip(4);
    bool const reduced = in.flag();
    if (reduced) {
        in.skip(5);
    } else {
        skip_operating_points(in);
    }
    int const width_bits = static_cast<int>(in.bits(4)) + 1;
    int const height_bits = static_cast<int>(in.bits(4)) + 1;
    std::int64_t const width = std::int64_t{in.bits(width_bits)} + 1;
    std::int64_t const height = std::int64_t{in.bits(height_bits)} + 1;
    if (in.is_past_end()) return 0;
    return reduced ? width * height : std::int64_t{1} << (width_bits + height_bits);
}

class obu_walk {
public:
    void run(std::string_view data) noexcept {
        byte_reader const in(data);
        for (std::uint64_t at = 0; in.has(at, 1);) {
            unsigned const first = in.u8(at);
            bool const is_extended = (first & 4U) != 0;
            bool const has_length = (first & 2U) != 0;
            at += is_extended ? 2 : 1;
            std::uint64_t const length =
                has_length ? leb128(in, at) : in.size() - std::min<std::uint64_t>(at, in.size());
            if (!in.has(at, length)) return;
            look((first >> 3) & 15U, data.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(length)));
            at += length;
        }
    }

    std::int64_t pixels() const noexcept { return most_pixels_ * std::max<std::int64_t>(frames_, 1); }

private:
    static std::uint64_t leb128(byte_reader const& in, std::uint64_t& at) noexcept {
        std::uint64_t value = 0;
        for (int i = 0; i < 8; ++i) {
            std::uint64_t const byte = in.u8(at++);
            value |= (byte & 0x7f) << (7 * i);
            if (byte < 0x80) break;
        }
        return value;
    }

    void look(std::uint32_t type, std::string_view body) noexcept {
        if (type == sequence_header) most_pixels_ = std::max(most_pixels_, most_pixels(body));
        if (type == frame_header || type == frame) ++frames_;
    }

    std::int64_t most_pixels_ = 0;
    std::int64_t frames_ = 0;
};

}  // namespace

std::int64_t coded_pixels_of_av1(std::string_view configuration, std::string_view data) noexcept {
    constexpr std::size_t before_units = 4;
    obu_walk walk;
    if (configuration.size() > before_units) walk.run(configuration.substr(before_units));
    walk.run(data);
    return walk.pixels();
}

}  // namespace sma::image
