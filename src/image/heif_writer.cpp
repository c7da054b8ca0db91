#include "heif_writer.hpp"

#include <cstdint>
#include <utility>

namespace sma::image {

namespace {

void put(std::string& out, std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

/// A box that is open as long as this lives. Boxes are nested as these objects are.
class open_box {
public:
    open_box(std::string& out, std::string_view type) : out_(out), at_(out.size()) {
        put(out, 0, 4);
        out.append(type);
    }
    open_box(std::string& out, std::string_view type, std::uint32_t version_and_flags) : open_box(out, type) {
        put(out, version_and_flags, 4);
    }
    open_box(open_box const&) = delete;
    open_box& operator=(open_box const&) = delete;
    ~open_box() {
        std::size_t const length = out_.size() - at_;
        for (std::size_t i = 0; i < 4; ++i) out_[at_ + i] = static_cast<char>((length >> (8 * (3 - i))) & 0xff);
    }

private:
    std::string& out_;
    std::size_t at_;
};

class heif_file {
public:
    heif_file(heif_picture const& picture, std::string& out) : picture_(picture), out_(out) {}

    std::vector<std::string_view> write(std::string_view brand, bool (*keeps)(std::string_view property)) {
        write_brands(brand);
        choose_properties(keeps);
        write_meta();
        auto const ranges = write_data();
        std::vector<std::string_view> data;
        data.reserve(ranges.size());
        for (auto const& [at, bytes] : ranges) data.push_back(std::string_view(out_).substr(at, bytes));
        return data;
    }

private:
    using range = std::pair<std::size_t, std::size_t>;

    void write_brands(std::string_view brand) {
        open_box const box(out_, "ftyp");
        out_.append(brand);
        put(out_, 0, 4);
        out_.append("mif1").append(brand);
    }

    // Those that are kept are numbered anew, in the order in which they are used.
    void choose_properties(bool (*keeps)(std::string_view property)) {
        numbers_.assign(picture_.properties.size() + 1, 0);
        for (auto const& item : picture_.items) {
            for (auto const& a : item.properties) {
                auto const* const box = picture_.find(a);
                if (box == nullptr || numbers_[a.property] != 0 || !keeps(box->type)) continue;
                chosen_.push_back(box->whole);
                numbers_[a.property] = static_cast<std::uint16_t>(chosen_.size());
            }
        }
    }

    void write_meta() {
        open_box const meta(out_, "meta", 0);
        {
            open_box const box(out_, "hdlr", 0);
            put(out_, 0, 4);
            out_.append("pict");
            out_.append(13, '\0');
        }
        {
            open_box const box(out_, "pitm", 0);
            put(out_, number_of(picture_.primary), 2);
        }
        write_places();
        write_types();
        if (!picture_.tiles.empty()) write_tiles();
        open_box const box(out_, "iprp");
        write_properties();
    }

    void write_places() {
        open_box const box(out_, "iloc", 0);
        put(out_, 0x4400, 2);
        put(out_, picture_.items.size(), 2);
        for (auto const& item : picture_.items) {
            put(out_, number_of(item.id), 2);
            put(out_, 0, 2);
            put(out_, 1, 2);
            places_.push_back(out_.size());
            put(out_, 0, 8);
        }
    }

    void write_types() {
        open_box const box(out_, "iinf", 0);
        put(out_, picture_.items.size(), 2);
        for (auto const& item : picture_.items) {
            open_box const entry(out_, "infe", 0x02000000);
            put(out_, number_of(item.id), 2);
            put(out_, 0, 2);
            out_.append(item.type);
            put(out_, 0, 1);
        }
    }

    void write_tiles() {
        open_box const box(out_, "iref", 0);
        open_box const reference(out_, "dimg");
        put(out_, number_of(picture_.primary), 2);
        put(out_, picture_.tiles.size(), 2);
        for (auto const id : picture_.tiles) put(out_, number_of(id), 2);
    }

    void write_properties() {
        {
            open_box const box(out_, "ipco");
            for (auto const& property : chosen_) out_.append(property);
        }
        open_box const box(out_, "ipma", 1);
        put(out_, picture_.items.size(), 4);
        for (auto const& item : picture_.items) {
            put(out_, number_of(item.id), 2);
            std::size_t const count_at = out_.size();
            put(out_, 0, 1);
            for (auto const& a : item.properties) {
                if (picture_.find(a) == nullptr || numbers_[a.property] == 0) continue;
                put(out_, numbers_[a.property] | (a.essential ? 0x8000U : 0U), 2);
                ++out_[count_at];
            }
        }
    }

    std::vector<range> write_data() {
        open_box const box(out_, "mdat");
        std::vector<range> ranges;
        for (auto const& item : picture_.items) {
            std::size_t const at = out_.size();
            for (auto const& piece : item.data) out_.append(piece);
            std::string place;
            put(place, at, 4);
            put(place, out_.size() - at, 4);
            out_.replace(places_[ranges.size()], place.size(), place);
            ranges.emplace_back(at, out_.size() - at);
        }
        return ranges;
    }

    // Numbers from 1 in the order of the items.
    std::uint64_t number_of(std::uint32_t id) const noexcept {
        return static_cast<std::uint64_t>(picture_.item(id) - picture_.items.data()) + 1;
    }

    heif_picture const& picture_;
    std::string& out_;
    std::vector<std::uint16_t> numbers_;    ///< of each property in the new file; 0: it is left out
    std::vector<std::string_view> chosen_;  ///< properties in the order of their new numbers
    std::vector<std::size_t> places_;       ///< where it stands where the data of each item are
};

}  // namespace

std::vector<std::string_view> write_heif(heif_picture const& picture, std::string_view brand,
                                         bool (*keeps)(std::string_view property), std::string& out) {
    return heif_file(picture, out).write(brand, keeps);
}

}  // namespace sma::image
