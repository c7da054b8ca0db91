#include "heif_picture.hpp"

#include "image_header.hpp"

#include <algorithm>
#include <string>

namespace sma::image {

namespace {

constexpr std::size_t tiles_max = 1'024;        // phones have 50 to 200
constexpr std::size_t properties_max = 32'767;  // what an association can point to

template <class Items>
auto* find_item(Items& items, std::uint32_t id) noexcept {
    auto const at = std::lower_bound(items.begin(), items.end(), id,
                                     [](heif_item const& item, std::uint32_t wanted) { return item.id < wanted; });
    return at != items.end() && at->id == id ? &*at : nullptr;
}

/// The lengths of the fields of an item's location (14496-12, 8.11.3).
struct location_fields {
    explicit location_fields(byte_reader const& in) noexcept
        : version(in.u8(0)),
          offset_bytes(in.u8(4) >> 4),
          length_bytes(in.u8(4) & 15),
          base_bytes(in.u8(5) >> 4),
          index_bytes(version == 0 ? 0 : in.u8(5) & 15) {}

    bool valid() const noexcept {
        auto const fits = [](std::uint64_t n) { return n == 0 || n == 4 || n == 8; };
        return version <= 2 && fits(offset_bytes) && fits(length_bytes) && fits(base_bytes) && fits(index_bytes);
    }
    std::uint64_t id_bytes() const noexcept { return version < 2 ? 2 : 4; }
    std::uint64_t extent_bytes() const noexcept { return index_bytes + offset_bytes + length_bytes; }

    unsigned version;
    std::uint64_t offset_bytes;
    std::uint64_t length_bytes;
    std::uint64_t base_bytes;
    std::uint64_t index_bytes;
};

class meta_reader {
public:
    meta_reader(image_format const& format, std::string_view file) noexcept : format_(format), file_(file) {}

    result<heif_picture> read() {
        meta_ = after_version(find_box(file_, "meta"));
        if (meta_.empty()) return damaged(format_, "it has no list of its pictures");
        if (auto found = find_primary(); found.has_error()) return found.error();
        if (picture_.items.front().type == "grid") {
            if (auto found = find_tiles(); found.has_error()) return found.error();
        }
        read_properties();
        if (auto located = locate(); located.has_error()) return located.error();
        return std::move(picture_);
    }

private:
    result<void> find_primary() {
        auto const body = find_box(meta_, "pitm");
        byte_reader const in(body, true);
        picture_.primary = in.u8(0) == 0 ? in.u16(4) : in.u32(4);
        picture_.items.emplace_back().id = picture_.primary;
        return read_types();
    }

    // iinf: the types of the items (14496-12, 8.11.6).
    result<void> read_types() {
        auto const body = find_box(meta_, "iinf");
        std::size_t const count_bytes = byte_reader(body).u8(0) == 0 ? 2 : 4;
        bmff_boxes entries(body.size() < 4 + count_bytes ? std::string_view() : body.substr(4 + count_bytes));
        while (auto const entry = entries.next()) {
            byte_reader const in(entry->body, true);
            bool const wide = in.u8(0) == 3;
            auto* const item = find_item(picture_.items, wide ? in.u32(4) : in.u16(4));
            std::uint64_t const at = wide ? 8 : 6;
            if (entry->type != "infe" || item == nullptr || !item->type.empty() || !in.has(at, 6)) continue;
            if (in.u16(at) != 0) return unsupported(format_, "it is encrypted");
            item->type = entry->body.substr(static_cast<std::size_t>(at) + 2, 4);
        }
        auto const known = [](heif_item const& item) { return !item.type.empty(); };
        if (std::all_of(picture_.items.begin(), picture_.items.end(), known)) return {};
        return damaged(format_, "a picture in it is missing");
    }

    // iref: a grid's tiles are what its reference `dimg` points to (14496-12, 8.11.12).
    result<void> find_tiles() {
        auto const body = find_box(meta_, "iref");
        std::uint64_t const id_bytes = byte_reader(body).u8(0) == 0 ? 2 : 4;
        bmff_boxes references(after_version(body));
        while (auto const reference = references.next()) {
            byte_reader const in(reference->body, true);
            if (reference->type != "dimg" || in.number(0, id_bytes) != picture_.primary) continue;
            std::uint64_t const count = in.u16(id_bytes);
            if (count > tiles_max) return too_many_tiles(count);
            for (std::uint64_t i = 0; i < count; ++i) {
                auto const id = static_cast<std::uint32_t>(in.number(id_bytes + 2 + i * id_bytes, id_bytes));
                picture_.tiles.push_back(id);
            }
            return add_tiles();
        }
        return damaged(format_, "it has no tiles");
    }

    error too_many_tiles(std::uint64_t n) const {
        return error(errc::image_too_large, "the " + std::string(format_.title) + " file has " + std::to_string(n) +
                                                " tiles; at most " + std::to_string(tiles_max) + " are read");
    }

    result<void> add_tiles() {
        auto ids = picture_.tiles;
        std::sort(ids.begin(), ids.end());
        ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
        if (std::binary_search(ids.begin(), ids.end(), picture_.primary))
            return damaged(format_, "a picture in it is a tile of its own");
        auto& items = picture_.items;
        for (auto const id : ids) items.emplace_back().id = id;
        std::sort(items.begin(), items.end(), [](auto const& a, auto const& b) { return a.id < b.id; });
        return read_types();
    }

    // iprp: all properties, and which item has which (14496-12, 8.11.14).
    void read_properties() {
        auto const body = find_box(meta_, "iprp");
        bmff_boxes properties(find_box(body, "ipco"));
        while (auto const property = properties.next()) {
            if (picture_.properties.size() == properties_max) break;
            picture_.properties.push_back(*property);
        }
        bmff_boxes boxes(body);
        while (auto const box = boxes.next())
            if (box->type == "ipma") associate(byte_reader(box->body, true));
    }

    void associate(byte_reader const& in) {
        std::uint64_t const id_bytes = in.u8(0) == 0 ? 2 : 4;
        std::uint64_t const bytes = (in.u8(3) & 1) != 0 ? 2 : 1;
        std::uint64_t at = 8;
        for (std::uint64_t left = in.u32(4); left > 0 && in.has(at, id_bytes + 1); --left) {
            auto* const item = find_item(picture_.items, static_cast<std::uint32_t>(in.number(at, id_bytes)));
            std::uint64_t const count = in.u8(at + id_bytes);
            at += id_bytes + 1;
            if (item != nullptr && item->properties.empty()) {
                for (std::uint64_t i = 0; i < count; ++i) {
                    std::uint64_t const number = in.number(at + i * bytes, bytes);
                    std::uint64_t const essential = bytes == 1 ? 0x80 : 0x8000;
                    item->properties.push_back(
                        {static_cast<std::uint16_t>(number & (essential - 1)), (number & essential) != 0});
                }
            }
            at += count * bytes;
        }
    }

    // iloc: where the data of the items are (14496-12, 8.11.3).
    result<void> locate() {
        byte_reader const in(find_box(meta_, "iloc"), true);
        location_fields const fields(in);
        if (!fields.valid()) return damaged(format_, "it does not say where its pictures are");
        std::uint64_t at = 6;
        std::uint64_t left = in.number(at, fields.id_bytes());
        at += fields.id_bytes();
        for (; left > 0 && in.has(at, fields.id_bytes()); --left) {
            if (auto located = locate_item(in, fields, at); located.has_error()) return located;
        }
        auto const known = [](heif_item const& item) { return !item.data.empty(); };
        if (std::all_of(picture_.items.begin(), picture_.items.end(), known)) return {};
        return damaged(format_, "it does not say where its pictures are");
    }

    result<void> locate_item(byte_reader const& in, location_fields const& fields, std::uint64_t& at) {
        auto* const item = find_item(picture_.items, static_cast<std::uint32_t>(in.number(at, fields.id_bytes())));
        at += fields.id_bytes();
        unsigned const method = fields.version == 0 ? 0U : in.u16(at) & 15U;
        at += fields.version == 0 ? 0 : 2;
        bool const is_elsewhere = in.u16(at) != 0;
        std::uint64_t const base = in.number(at + 2, fields.base_bytes);
        at += 2 + fields.base_bytes;
        std::uint64_t const count = in.u16(at);
        std::uint64_t const first = at + 2;
        at = first + count * fields.extent_bytes();
        if (item == nullptr || !item->data.empty()) return {};
        if (is_elsewhere || method > 1) return unsupported(format_, "its data are in another place");
        auto const source = method == 0 ? file_ : find_box(meta_, "idat");
        for (std::uint64_t i = 0; i < count; ++i) {
            std::uint64_t const extent = first + i * fields.extent_bytes() + fields.index_bytes;
            auto const taken = take(*item, source, base, in.number(extent, fields.offset_bytes),
                                    in.number(extent + fields.offset_bytes, fields.length_bytes));
            if (taken.has_error()) return taken;
        }
        return {};
    }

    // Data that two items share would be copied twice: together they are not longer than the file.
    result<void> take(heif_item& item, std::string_view source, std::uint64_t base, std::uint64_t offset,
                      std::uint64_t length) {
        bool const begins_inside = base <= source.size() && offset <= source.size() - base;
        if (!begins_inside || length > source.size() - base - offset) return damaged(format_, "it is cut off");
        auto const piece = source.substr(static_cast<std::size_t>(base + offset),
                                         length == 0 ? std::string_view::npos : static_cast<std::size_t>(length));
        if (piece.empty()) return damaged(format_, "it is cut off");
        if (piece.size() > file_.size() - taken_) return damaged(format_, "its pictures overlap");
        taken_ += piece.size();
        item.data.push_back(piece);
        return {};
    }

    image_format const& format_;
    std::string_view file_;
    std::string_view meta_;
    heif_picture picture_;
    std::size_t taken_ = 0;
};

}  // namespace

heif_item const* heif_picture::item(std::uint32_t id) const noexcept { return find_item(items, id); }

std::string_view heif_picture::property(heif_item const& item, std::string_view type) const noexcept {
    for (auto const& a : item.properties) {
        if (auto const* const box = find(a); box != nullptr && box->type == type) return box->body;
    }
    return {};
}

result<heif_picture> read_heif_picture(image_format const& format, std::string_view file) {
    return meta_reader(format, file).read();
}

}  // namespace sma::image
