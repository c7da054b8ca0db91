// Reader of the directories of a TIFF or BigTIFF: lists of tagged values. EXIF is a small TIFF too.
#pragma once

#include "byte_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace sma::image {

/// By the first bytes: TIFF or BigTIFF, in either order of bytes.
inline bool is_tiff(std::string_view file) noexcept {
    using namespace std::string_view_literals;
    return file.starts_with("II*\0"sv) || file.starts_with("MM\0*"sv) || file.starts_with("II+\0"sv) ||
           file.starts_with("MM\0+"sv);
}

/// One tagged value, or an array of them.
struct tiff_entry {
    std::uint16_t id = 0;
    std::uint16_t type = 0;
    std::uint64_t count = 0;
    std::uint64_t at = 0;  ///< the position of the first value
};

/// A view of the file, which must outlive it. A directory is known by its position. What lies outside the file reads as
/// zero.
class tiff_directories {
public:
    explicit tiff_directories(std::string_view file) noexcept
        : in_(file, file.starts_with('M')), big_(in_.u16(2) == 43) {}

    std::uint64_t first() const noexcept { return big_ ? in_.u64(8) : in_.u32(4); }
    bool has(std::uint64_t directory) const noexcept { return directory >= 8 && in_.has(directory, count_bytes()); }

    std::uint64_t next(std::uint64_t directory) const noexcept { return pointer(next_at(directory)); }
    /// The position of the pointer to the next directory, and its length.
    std::uint64_t next_at(std::uint64_t directory) const noexcept {
        return directory + count_bytes() + entries(directory) * entry_bytes();
    }
    std::uint64_t pointer_bytes() const noexcept { return big_ ? 8 : 4; }

    /// No more than fit the file.
    std::uint64_t entries(std::uint64_t directory) const noexcept {
        std::uint64_t const said = big_ ? in_.u64(directory) : in_.u16(directory);
        return std::min<std::uint64_t>(said, in_.size() / entry_bytes());
    }

    tiff_entry at(std::uint64_t directory, std::uint64_t i) const noexcept {
        std::uint64_t const p = directory + count_bytes() + i * entry_bytes();
        tiff_entry e{in_.u16(p), in_.u16(p + 2), big_ ? in_.u64(p + 4) : in_.u32(p + 4), p + (big_ ? 12 : 8)};
        if (e.count > pointer_bytes() / bytes_of(e.type)) e.at = pointer(e.at);
        return e;
    }

    /// Value i of an entry of integers, whose sign is lost; 0 if it is of another type or there are not so many.
    std::uint64_t value(tiff_entry const& e, std::uint64_t i = 0) const noexcept {
        if (i >= e.count || !is_integer(e.type)) return 0;
        std::uint64_t const bytes = bytes_of(e.type);
        std::uint64_t const at = e.at + i * bytes;
        return bytes == 1 ? in_.u8(at) : bytes == 2 ? in_.u16(at) : bytes == 4 ? in_.u32(at) : in_.u64(at);
    }

private:
    enum type : std::uint16_t {
        u8 = 1,
        u16 = 3,
        u32 = 4,
        fraction = 5,
        s8 = 6,
        s16 = 8,
        s32 = 9,
        signed_fraction = 10,
        real32 = 11,
        real64 = 12,
        directory32 = 13,
        u64 = 16,
        s64 = 17,
        directory64 = 18,
    };

    std::uint64_t pointer(std::uint64_t at) const noexcept { return big_ ? in_.u64(at) : in_.u32(at); }
    std::uint64_t count_bytes() const noexcept { return big_ ? 8 : 2; }
    std::uint64_t entry_bytes() const noexcept { return big_ ? 20 : 12; }

    static std::uint64_t bytes_of(std::uint16_t t) noexcept {
        switch (t) {
            case u16:
            case s16:
                return 2;
            case u32:
            case s32:
            case real32:
            case directory32:
                return 4;
            case fraction:
            case signed_fraction:
            case real64:
            case u64:
            case s64:
            case directory64:
                return 8;
            default:
                return 1;  // bytes, text and what is of no known type
        }
    }

    static bool is_integer(std::uint16_t t) noexcept {
        switch (t) {
            case u8:
            case s8:
            case u16:
            case s16:
            case u32:
            case s32:
            case directory32:
            case u64:
            case s64:
            case directory64:
                return true;
            default:
                return false;
        }
    }

    byte_reader in_;
    bool big_;
};

}  // namespace sma::image
