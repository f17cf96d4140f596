#pragma once

#include <string_view>

namespace idnode::test {

/// Private keys made for tests with the openssl program 3.0 (`openssl genpkey`), and signatures
/// that it made with them over "the signed text" (`openssl dgst -sha256 -sign`, `-sha1`;
/// `openssl pkeyutl -sign -rawin -digest sm3`).
inline constexpr std::string_view signed_text = "the signed text";

inline constexpr std::string_view dsa_key_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIBWgIBADCCATMGByqGSM44BAEwggEmAoGBAPE3BdH6meJeJkn4SObzKP6XacfP\n"
    "JOHpZh3LM+fL3RKqNn/pz2G0l+xfORY+DWRV6nXnu3BBevtvRhkQN07tgzlXTv4j\n"
    "tH+6C4WOhg1j57D59PrpAhL5D3c8ERRmDHEChBcj5kbBV99VJeCtFi5BhQ0qJlYG\n"
    "7fvIdDHCRFpbyGuFAh0A1hJrovi1nH7Adw5CEthHKUAWx+DohNCPvh5vKwKBgDZA\n"
    "8l8oXSGh6Yfh81cKRQEbbZa2+wROgUcDFZacQqN0Jsq5Od9IQjGyAO9qDsXR9aHk\n"
    "9kqudfBVQSctT0yMmU5Pys3l2fghS5cWvX0CPnwhaKAURvxC3TczCsendUCxyR3/\n"
    "kX5mdrct/omBUEuZuAXnBMS9VQnZQtIvckFp5p82BB4CHH6mt08v/tNXtCB2w0xN\n"
    "CoBu43AjYL4rTGUdv10=\n"
    "-----END PRIVATE KEY-----\n";
inline constexpr std::string_view dsa_sha256_signature_hex =
    "303c021c034dcbb15eb7ba8d495179904af7953508d66754b16603229df13651021c74f7c600a6b8effe"
    "2edab993c32a1ac3d800645e45666cefbf17993a";
inline constexpr std::string_view dsa_sha1_signature_hex =
    "303d021c72b34c6515dcd030b26d6c05c2cd73e3dde17feb1fbab0f9afe2860e021d00ca62381f7be5e0"
    "fd0cb0e3534d184f3e510f7e0ee48665f92d378699";

inline constexpr std::string_view p256_key_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWaUzR0YNY2EmcHK8\n"
    "CjAmTIgqeXmXNmjPqeQtY7XIMMShRANCAAQQ0REoq8NZ3HDQQCmwPCY860JFkwn2\n"
    "OZhbSpF7mAviJP7RkOt7ceEqJaM+NHYXlkh3gkQODOKVmq8ykA7cAZhV\n"
    "-----END PRIVATE KEY-----\n";
inline constexpr std::string_view p256_signature_hex =
    "3045022038735dc88712bd93cb3fd10d0cbdce110e6c98fa243e0c076f0a9db17df1f7cb0221008af9a6"
    "43fae7f708d07ba03ebee9cbd1d0c129098d2a1f2749c19923c977479a";

inline constexpr std::string_view p384_key_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDg6ot9aqy1V5SyLcdQ\n"
    "G3fAdRMRaS3/fw8tc0zwE1wj1CuwUbBN4marHXXWJ8LOwBKhZANiAATwaSafq0Ip\n"
    "PbhOtREPsp8vbXIArfr91UwFXN/UOZ8+8aZWd5ZSiYbiKYrPIxoixoAmliYLtkld\n"
    "N77p70ECfIlRQsxALRKARHZW3+QzMPQ3Pm6VB9jxq5kKxU4S5s832M4=\n"
    "-----END PRIVATE KEY-----\n";
inline constexpr std::string_view p384_signature_hex =
    "3066023100b82b7ebcd33abe4ebd6977e5d29c834ba6429880fb510de5e35d825e0863444b7ff34ebaad"
    "4c42f91fed74374bb49983023100dd1a08bf72a2d3c9ecc60e6617c8aade724a0aa5c37b180c478d4c97"
    "eb8fe1f95381067870cc507f314359d7fab041eb";

inline constexpr std::string_view p521_key_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBFayjKfO/2CQk0z0p\n"
    "Tvi9vnT+uDKrxqJboMclsxeQdN9jdkpSLye863PXf8l4N08Jot/zp3sGq7HXEczP\n"
    "h+uuSa2hgYkDgYYABAH5WIlwjn1UdW859hG7d8f30CPEYTLhy0iKsjjv5Q5c2jKI\n"
    "rXnX0o5F6Ebnfsaw9Fyq0pomQhwFXFDYK78Ps+AHpQA6chjdQ257CRsxLsX3gR16\n"
    "HlX7TZURfVqMVIFAkpccYkpLXU2JJ6rq+ZH/0LqtXVBGUkO52QB8VpJCQgI2kxJr\n"
    "JQ==\n"
    "-----END PRIVATE KEY-----\n";
inline constexpr std::string_view p521_signature_hex =
    "308187024109d6d1b2da1b8cde1962780c6a363c4167c4c670ba1374d68a5770d09c2995fb1dedcd1d22"
    "fe61afe6369e73193cab6e1dd9fee0bb3fbf3775bd8ca4c04b5f2d40024200c4cd1eedc3317ee5ea2753"
    "2ca5fea71847a78009b60040dacb1649d320c14b048dd8928539d46bebd5623e93396ce7560b78cea132"
    "7ce07e457bd242d841ba6756";

/// On a curve that is not accepted.
inline constexpr std::string_view secp256k1_key_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgIuQQEemzgdzbyEQfIhcR\n"
    "27o2SFTWc8fEOcAZI0dM9iKhRANCAASF/5/QjnOMt5XxU3txTcHSTjAnTN/Mk8+6\n"
    "r8Fd6lCmdI24C/1IM+ul2Z6pMVtc9zBWj48SXRlJJ3n3pCtaSs0m\n"
    "-----END PRIVATE KEY-----\n";

/// The first with the signer "1234567812345678", the second as the industrial clients sign: over
/// the SM3 digest of the text, with the signer "88.111.1/ADMIN".
inline constexpr std::string_view sm2_key_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgFnBn5tOaOk9lr7Pe\n"
    "uAOzdFVsSzyK3ZOy4dIRnKu/4zShRANCAATz5G2Y4pMXmRs1ucqBsEixYcqbk4pH\n"
    "ck872s6pqhwa7cq7eTm/71MJZvEfxDzc6oLOvyJlJkaSBEU67pXv+4sm\n"
    "-----END PRIVATE KEY-----\n";
inline constexpr std::string_view sm2_signature_hex =
    "30450220167e4054d2c606da9b36537eb04e4be89a9fb225efeb058763780c0859a7b87d022100c19013"
    "3b6ac9d4f62d393567da2982a1d18ea6a66d6b1d98d793d2e89e590a74";
inline constexpr std::string_view sm2_dialect_signature_hex =
    "3046022100db17a4b78c113d8ca91551f07c92e5c2d1955e07b13c1f2b752365a25174e9ec022100ac5d"
    "847576f12daa0f18cff9c70539ffece1a8e6447a0f0478174ed0641848b2";

}  // namespace idnode::test
