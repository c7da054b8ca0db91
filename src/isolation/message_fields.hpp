// Fields of a message, one after the other.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sma::isolation {

class field_writer {
public:
    template <class T>
    requires std::is_trivially_copyable_v<T> field_writer& add(T value) {
        char bytes[sizeof value];
        std::memcpy(bytes, &value, sizeof value);
        out_.append(bytes, sizeof value);
        return *this;
    }
    field_writer& add(std::string_view text) {
        add(static_cast<std::uint32_t>(text.size()));
        out_ += text;
        return *this;
    }

    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

/// A field that is not there, wholly, leaves its variable alone, and is_good() false.
class field_reader {
public:
    explicit field_reader(std::string_view bytes) noexcept : rest_(bytes) {}

    template <class T>
    requires std::is_trivially_copyable_v<T> field_reader& get(T& value) noexcept {
        if (auto const bytes = next(sizeof value); !bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
        return *this;
    }
    field_reader& get(std::string& text) {
        std::uint32_t size = 0;
        get(size);
        text = next(size);
        return *this;
    }

    /// Every field so far was there.
    bool is_good() const noexcept { return good_; }
    /// Every field was there, and nothing is left.
    bool is_whole() const noexcept { return good_ && rest_.empty(); }

private:
    std::string_view next(std::size_t n) noexcept {
        if (n > rest_.size()) good_ = false;
        if (!good_) return {};
        auto const bytes = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return bytes;
    }

    std::string_view rest_;
    bool good_ = true;
};

}  // namespace sma::isolation
