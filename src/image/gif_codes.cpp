#include "gif_codes.hpp"

#include <array>
#include <optional>

namespace sma::image {

namespace {

constexpr unsigned code_bits_max = 12;
constexpr unsigned codes_max = 1U << code_bits_max;

/// The bits of the sub-blocks, lowest first.
class code_reader {
public:
    explicit code_reader(std::string_view blocks) noexcept : blocks_(blocks) {}

    std::optional<unsigned> next(unsigned bits) noexcept {
        while (available_ < bits) {
            if (!add_byte()) return std::nullopt;
        }
        unsigned const code = held_ & ((1U << bits) - 1);
        held_ >>= bits;
        available_ -= bits;
        return code;
    }

private:
    bool add_byte() noexcept {
        if (block_end_ == at_) {
            if (at_ >= blocks_.size()) return false;
            auto const length = static_cast<std::uint8_t>(blocks_[at_++]);
            if (length == 0) return false;
            block_end_ = at_ + length;
        }
        if (at_ >= blocks_.size()) return false;
        held_ |= static_cast<unsigned>(static_cast<std::uint8_t>(blocks_[at_++])) << available_;
        available_ += 8;
        return true;
    }

    std::string_view blocks_;
    std::size_t at_ = 0;
    std::size_t block_end_ = 0;
    unsigned held_ = 0;
    unsigned available_ = 0;
};

/// The number of pixels that each code stands for. Every code adds one: that of the code before it, and a pixel.
class code_lengths {
public:
    explicit code_lengths(unsigned color_bits) noexcept : color_bits_(color_bits) { clear(); }

    unsigned clear_code() const noexcept { return 1U << color_bits_; }
    unsigned end_code() const noexcept { return clear_code() + 1; }
    unsigned code_bits() const noexcept { return code_bits_; }

    void clear() noexcept {
        next_ = end_code() + 1;
        code_bits_ = color_bits_ + 1;
        last_ = 0;
    }

    /// Of a code that is neither of the two above; 0 if it is not known yet.
    std::int64_t take(unsigned code) noexcept {
        std::int64_t const length = length_of(code);
        if (length > 0 && last_ > 0) add(last_ + 1);
        last_ = length;
        return length;
    }

private:
    std::int64_t length_of(unsigned code) const noexcept {
        if (code < clear_code()) return 1;
        if (code < next_) return lengths_[code];
        return code == next_ && next_ < codes_max && last_ > 0 ? last_ + 1 : 0;
    }

    void add(std::int64_t length) noexcept {
        if (next_ == codes_max) return;
        lengths_[next_++] = length;
        if (next_ == 1U << code_bits_ && code_bits_ < code_bits_max) ++code_bits_;
    }

    unsigned color_bits_;
    unsigned next_ = 0;
    unsigned code_bits_ = 0;
    std::int64_t last_ = 0;  ///< 0: there was none
    std::array<std::int64_t, codes_max> lengths_{};
};

}  // namespace

std::int64_t pixels_in_gif_codes(std::string_view data, std::int64_t wanted) noexcept {
    unsigned const color_bits = data.empty() ? 0 : static_cast<std::uint8_t>(data[0]);
    if (color_bits == 0 || color_bits >= code_bits_max) return 0;
    code_reader codes(data.substr(1));
    code_lengths lengths(color_bits);
    std::int64_t pixels = 0;
    while (pixels < wanted) {
        auto const code = codes.next(lengths.code_bits());
        if (!code || *code == lengths.end_code()) break;
        if (*code == lengths.clear_code()) {
            lengths.clear();
            continue;
        }
        std::int64_t const n = lengths.take(*code);
        if (n == 0) break;
        pixels += n;
    }
    return pixels < wanted ? pixels : wanted;
}

}  // namespace sma::image
