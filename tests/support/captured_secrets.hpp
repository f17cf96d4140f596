#pragma once

#include <array>
#include <string_view>

namespace idnode::test {

/// What the clients of the captured conversations kept to themselves, in hex. The keys were made
/// for the captures and guard nothing.

/// The key file of 300:88.111.1/ADMIN; the secret of 301:88.111.1/ADMIN.
inline constexpr std::string_view admin_private_key_file_hex =
    "000000010000000f5253415f505249564352545f4b45590000010100b33a46d2727b80cfebd96b796478"
    "110427d7453e926a071b1c0e72cb54c53fb9f961f5cc1bdc8666ed743b7a6e7ad5e7f70f4eaf20ee9bab"
    "8bb55934c8ba2ef3c6ceb8709a058bc298754a7a16cf868e6887f3fb62d272108f4e321c683c33fc7a0b"
    "3946c08b6dc858588272356f7e399a8e51ae9873603c1b0ccf61364183edeece74dad4e8421a6bdca8ab"
    "5e103891edb57b12c9a0553d84987df314adbbe7df8171b0aabb317fbedb9661801497bd71ec814d4a4e"
    "f8951311abec9e2a704d0eb2bf52cc5c10835ed8ba197285c9a816e2ef364d664f69191e3ea41fb30ddd"
    "27fac1bd7d1c50a0280d06df2f7992107851b0cd7e1de7fb5844e4ffeeeeab7700000003010001000001"
    "0004caeba6e801ce7580e88cfbaf889867e48ad8a2ae36a09f04768c724c7f83cf3cd0764ab17a09ac09"
    "f08040ab60a484b1f21a580b88e5e7c5f221030cd511b95a19200c7ec9e42d5d77517907502058818a15"
    "27a5425c637df988d482a30d7ed462a572f3662716e2e9e6ff17d7b5e7e36ea7d783e31df12d85ffaba9"
    "50422f589af031765d8992f732577492f416fb3ef5bdf1ca872ce38d4c87688b1c441d33fb0cb9333542"
    "389c9cf06003e20f29e83c023bdd4f54aa6295292030247b04e393469df640613366e9a49aa068ce6d4d"
    "f2f8ee6efa5da897a6c054c9e2da50524942cb0750641beb61c918d3711da5180cbc26a2109475e269ac"
    "84740331a90000008100bf9330ac82dbffc5069cef2d24f9dc29eec91b00462d938506defb3d2be63d9e"
    "55537b24677385171585b1abd36297a9adc80ec4198445e062260389286622d1c02fc05a3868d98b1492"
    "ad92f3f6366b623b9e189ed5e864887ee72da347fb6eac985f6a4022facb597abe5e38a55b52b019c5ef"
    "a612ebbd4333e4351faa94990000008100ef80191a4ca4a0556dd295348a5af421986108210d599210fc"
    "81f8958cecb5cd117ba5704c8fd88b0387da7db07b81b9b97db4821976c7c84d5cc394b8caa22701a6af"
    "083a3577b6c20cdb7a261ef94178a6050607d8b0caf71e48fed131ffed688741c7dd738a3a423c071e35"
    "dea54a7fb7572102024a40baeda9a382b33a8f000000805c950d98d144f0be8f0b98ab008b9fd2c40b7c"
    "790d714931a8b86a428dcc9f4abd81b2a94d358ec4312a834abec58ef5f97e0d64c7d01cd4eb99e36b8d"
    "928e913f87d435c5bd262508b43a1e22b8826432fd0cd269308736cea045a8d09820f2c3867fd62158c6"
    "4b2fdb19d4ff1b2a9f336bc134a7d5cd07924aa9a6e2bed541000000806a989813a5832c3d79a8dd71ca"
    "169b4c0c973b5802aa1821e9512bc3dc3a4adc5fe8a984a6feeb014c6bfdea2d4f7b389f7f7c84df3287"
    "cef5e7d0c0f3d2748369efb73db132b4faa9b9b141d78fb79ed545073d5ce6ac215a05a7b58a84778542"
    "1dd9404ca72d21aaf32eb3da84230b5a76ce97c95e1d905be285bb59e3cdaf0000008100942eba7b8e5f"
    "c85b8c66cb58668fea519f971348cd57873d606fdd1c80815965c50f561bd55a0a53c3deab7b5c1e53a9"
    "c6218b543bb138cf03602d4478ff8115b43a9e24151936ba5c6ef796b1f9db6a011d1bf5da94d908b376"
    "13bbbc9fcc791d8a3f266151bf7c74623d30c2a3410def455245ce10cf2fe657fda21225ee44";
inline constexpr std::string_view admin_secret = "adminsecret";

/// One session with Diffie-Hellman over the second Oakley group: the private number of the client,
/// and the key that both agreed upon.
struct CapturedSession {
    std::string_view conversation;  ///< the one that sets it up
    std::string_view client_private_hex;
    std::string_view key_hex;
};
inline constexpr std::array captured_sessions{
    CapturedSession{"061-session-dh-create", "d361804d1a94c051bc74281328480402ad1cc93f",
                    "bc7eeb5ff25550b6bb45eae31550e2ff"
                    "4bf4524aae5d806e10d6b84a93a8a3f6"},
    CapturedSession{"066-session-dh-enc-create", "9faa8bba628784f6d984fc1c157d7bcc0a0c8ecb",
                    "dc7aa94a1012905463dd1914d85fc795"
                    "55dd15c4c8f3064155bd730bc2e2213f"},
    CapturedSession{"072-default-create", "a57c822cd21c2915a640283959528c9299c6439b",
                    "8b3658a6eda63e6fab4ccba321a4ea4c"
                    "d738711280c076fcdb7d42a11a8d1958"},
};

}  // namespace idnode::test
