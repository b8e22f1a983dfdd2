
ZBX
@/dataN
L

info.age

info.contacts.tel

info.contacts.mailparquet