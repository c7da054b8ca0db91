#include "bmp_rle.hpp"

#include "byte_reader.hpp"

#include <utility>

namespace sma::image {

namespace {

class run_decoder {
public:
    run_decoder(std::string_view data, int bits, int width, int height)
        : in_(data),
          bits_(bits),
          width_(static_cast<std::size_t>(width)),
          height_(static_cast<std::size_t>(height)),
          pixels_(width_ * height_) {}

    bmp_indices run(work_watch const& watch) {
        constexpr int codes_between_looks = 1 << 16;
        int codes = 0;
        while (!is_at_end() && in_.has(at_, 2)) {
            if (++codes % codes_between_looks == 0 && watch.is_over()) break;
            std::uint8_t const n = in_.u8(at_++);
            std::uint8_t const value = in_.u8(at_++);
            if (n > 0) {
                repeat(n, value);
            } else {
                escape(value);
            }
        }
        return {std::move(pixels_), is_at_end() && !is_cut_};
    }

private:
    enum escape_code : std::uint8_t { end_of_row = 0, end_of_image = 1, step = 2 };

    bool is_at_end() const noexcept { return ended_ || y_ >= height_ || (y_ + 1 == height_ && x_ >= width_); }

    void put(std::uint8_t index) noexcept {
        if (x_ < width_ && y_ < height_) pixels_[y_ * width_ + x_] = index;
        ++x_;
    }

    // Pixel i of a byte: of 4 bits the high ones are the first.
    std::uint8_t part(std::uint8_t byte, unsigned i) const noexcept {
        if (bits_ == 8) return byte;
        return i % 2 == 0 ? byte >> 4 : byte & 15;
    }

    void repeat(unsigned n, std::uint8_t value) noexcept {
        for (unsigned i = 0; i < n; ++i) put(part(value, i));
    }

    void escape(std::uint8_t code) noexcept {
        switch (code) {
            case end_of_row:
                x_ = 0;
                ++y_;
                break;
            case end_of_image:
                ended_ = true;
                break;
            case step:
                is_cut_ = !in_.has(at_, 2);
                x_ += in_.u8(at_);
                y_ += in_.u8(at_ + 1);
                at_ += 2;
                break;
            default:
                copy(code);
                break;
        }
    }

    // Pixels as they are, in a whole number of pairs of bytes.
    void copy(unsigned n) noexcept {
        unsigned const bytes = bits_ == 8 ? n : (n + 1) / 2;
        is_cut_ = !in_.has(at_, bytes);
        for (unsigned i = 0; i < n; ++i) put(part(in_.u8(at_ + (bits_ == 8 ? i : i / 2)), i));
        at_ += bytes + bytes % 2;
    }

    byte_reader in_;
    int bits_;
    std::size_t width_;
    std::size_t height_;
    std::vector<std::uint8_t> pixels_;
    std::size_t at_ = 0;
    std::size_t x_ = 0;
    std::size_t y_ = 0;
    bool ended_ = false;
    bool is_cut_ = false;  ///< the last code was
};

}  // namespace

bmp_indices decode_bmp_runs(std::string_view data, int bits, int width, int height, work_watch const& watch) {
    return run_decoder(data, bits, width, height).run(watch);
}

}  // namespace sma::image
